"""Sample exports of two contractors, and the generator that makes them."""
