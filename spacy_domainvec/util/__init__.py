"""What every room needs: arrays, extras, jobs on many cores, progress."""
