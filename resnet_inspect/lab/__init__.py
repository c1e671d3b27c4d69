"""The lab: networks are trained, by Lightning, and what happens is written down as it happens.

It belongs to the torch tower. Only `pipeline.lab` imports it, in functions that train or attribute,
and needs `pip install 'resnet-inspect[lab]'`; `adaptation` needs torch alone, and
`pipeline.building.weights` fits networks with it to the weights of runs.

- `data_sets/`: data sets by name, as tensors or read from files.
- `adaptation`: a head for the classes, a stem for small images, dropout before the classifier.
- `task`: what a step computes, and what is trained when.
- `record`: the folder of a run, written as it goes on, each epoch whole or not at all.
- `training`: all of these together.
- `attribution`: what scores rest on, by Captum; for `pipeline.lab.heatmaps` alone.
"""
