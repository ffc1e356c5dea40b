"""What the job engine calls: plans carried out device by device, one outcome each."""
