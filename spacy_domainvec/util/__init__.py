"""Tools that every room needs: arrays, extras, jobs on many cores, progress."""
