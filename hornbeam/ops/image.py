"""Images: sizes, colours, filters and warps."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam.ops._image import crop_images, hsv_to_rgb, pad_images, resize, rgb_to_grayscale, rgb_to_hsv
from hornbeam.ops._image_filters import gaussian_blur, sobel_edges, ssim
from hornbeam.ops._image_warp import (
    affine_transform, elastic_transform, map_coordinates, perspective_transform, scale_and_translate,
)
from hornbeam.ops._patches import extract_patches, extract_patches_3d

__all__ = [
    "affine_transform", "crop_images", "elastic_transform", "extract_patches", "extract_patches_3d", "gaussian_blur",
    "hsv_to_rgb", "map_coordinates", "pad_images", "perspective_transform", "resize", "rgb_to_grayscale", "rgb_to_hsv",
    "scale_and_translate", "sobel_edges", "ssim",
]
