"""Tests in tiers: unit, integration, pipeline, browser."""
