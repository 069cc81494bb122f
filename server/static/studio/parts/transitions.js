/** The names of all transitions for people. */
export const TRANSITIONS = {
  cut: "Cut", fade: "Fade through a colour", dissolve: "Dissolve", grain: "Dissolve in grains",
  wipeleft: "Wipe left", wiperight: "Wipe right", wipeup: "Wipe up", wipedown: "Wipe down",
  slideleft: "Slide left", slideright: "Slide right", slideup: "Slide up", slidedown: "Slide down",
  smoothleft: "Soft wipe left", smoothright: "Soft wipe right", smoothup: "Soft wipe up", smoothdown: "Soft wipe down",
  coverleft: "Cover left", coverright: "Cover right", coverup: "Cover up", coverdown: "Cover down",
  revealleft: "Reveal left", revealright: "Reveal right", revealup: "Reveal up", revealdown: "Reveal down",
  wipetl: "Wipe to the top left", wipetr: "Wipe to the top right", wipebl: "Wipe to the bottom left", wipebr: "Wipe to the bottom right",
  diagtl: "Diagonal to the top left", diagtr: "Diagonal to the top right", diagbl: "Diagonal to the bottom left", diagbr: "Diagonal to the bottom right",
  circleopen: "Circle opens", circleclose: "Circle closes", circlecrop: "Circle through black", rectcrop: "Rectangle through black",
  vertopen: "Opens sideways", vertclose: "Closes sideways", horzopen: "Opens up and down", horzclose: "Closes up and down",
  hlslice: "Slices from the left", hrslice: "Slices from the right", vuslice: "Slices upwards", vdslice: "Slices downwards",
  hlwind: "Wind from the left", hrwind: "Wind from the right", vuwind: "Wind upwards", vdwind: "Wind downwards",
  squeezeh: "Squeeze flat", squeezev: "Squeeze narrow", zoomin: "Zoom in", radial: "Clock wipe", distance: "Colour distance", pixelize: "Pixelate", hblur: "Blur across",
  fadeblack: "Blend through black", fadewhite: "Blend through white", fadegrays: "Blend through grey", fadefast: "Fast fade", fadeslow: "Slow fade",
};
