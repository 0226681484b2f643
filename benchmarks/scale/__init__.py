"""Time, CPU and memory of every step on pools of 10,000 to 1,000,000 samples, beside floors."""
