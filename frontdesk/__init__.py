"""The command line: sets up, trains, runs and looks after a front desk."""
