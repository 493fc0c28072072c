"""Training and using models on what kg2instruct builds."""
