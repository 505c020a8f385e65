"""Training of heads: batches from text, gradient steps on the parameters, an evaluation of the predictions."""
