"""placeholder until the CLI lands."""


def configure_logging(settings):
    pass
