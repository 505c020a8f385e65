"""Training heads: text becomes batches, the objective's gradients update the parameters, the evaluation judges them."""
