/** The sign-out button in the head of every page. */
import { signOut } from "./remote/api.js";

document.getElementById("sign-out")?.addEventListener("click", async () => {
  await signOut();
  location.assign("/sign-in");
});
