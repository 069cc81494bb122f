// What every page's modules are written with. The version stands here and in server/vendor.py, nowhere else.
export * from "../../vendor/preact-11.2.0/preact.js";
