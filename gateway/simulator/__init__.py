"""A MailStore SPE Management Server to develop, test and demonstrate against."""
