"""Training heads: text becomes batches, gradients update the parameters, an evaluation measures what they predict."""
