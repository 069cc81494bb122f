// The libraries of the editor, under fixed names. Their versions stand here and in server/vendor.py.
export * from "./preact.js";
export { default as interact } from "../../vendor/interactjs-1.10.28/interactjs.js";
export { default as Sortable } from "../../vendor/sortablejs-1.15.7/sortablejs.js";
export { tinykeys } from "../../vendor/tinykeys-4.0.0/tinykeys.js";
