"""What a police front desk knows and decides, without Rasa and without HTTP."""
