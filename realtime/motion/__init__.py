"""Where a moving picture has gone: optical flow, the motion of the camera, and detail that moves along."""
