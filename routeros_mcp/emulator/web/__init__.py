"""The web server: requests, replies, the queue of each user, REST."""
