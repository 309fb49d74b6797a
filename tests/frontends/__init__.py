from hypothesis import settings

# A busy machine is no failure.
settings.register_profile("no-clock", deadline=None, database=None)
settings.load_profile("no-clock")
