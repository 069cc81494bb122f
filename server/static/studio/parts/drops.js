/** Files that are dragged onto the page from elsewhere: wherever they are dropped, the browser does not leave for them. */

import { signal } from "./preact.js";

/** Whether files are being dragged over the page. */
export const filesOver = signal(false);

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

/** Have `take` called with the files of each drop on the page. @param {(files: FileList) => void} take */
export function catchDrops(take) {
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    filesOver.value = true;
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) filesOver.value = false; // out of the window
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    filesOver.value = false;
    take(event.dataTransfer.files);
  });
}
