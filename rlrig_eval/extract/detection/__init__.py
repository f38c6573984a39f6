"""From a picture and words to boxes, depth and colours, and from those to a scene graph."""
