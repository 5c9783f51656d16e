"""What somebody has to hear of, and telling them: an alert for each subject and cause, posted to one webhook."""
