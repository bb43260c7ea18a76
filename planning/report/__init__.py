"""Letters and reports: results in words and tables; nothing is reckoned here."""
