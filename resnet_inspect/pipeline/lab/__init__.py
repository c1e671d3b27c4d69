"""Where the lab meets the other tower: a network is trained, and its scores are attributed.

- `training`: `train` and `resume`.
- `recipes`: the options of a training, checked.
- `preparation`: a network that fits its images, by the `parts` that are treated in their own ways.
- `folder`: the folder of a run before and after its steps.
- `attribution`: `attribute`; `heatmaps`: what is found out of each image.
- `images`: a network that takes images, and images as it takes them.
- `given_modules`: networks that the caller has made.
"""
