"""What happens on an emulated router as time passes: boots, schedules, watches, backups, safe mode."""
