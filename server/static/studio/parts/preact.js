// The library of every page. Its version stands here and in server/vendor.py, nowhere else.
export * from "../../vendor/preact-11.2.0/preact.js";
