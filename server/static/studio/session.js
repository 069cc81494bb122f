/** The button in the head of every page that ends the session. */
import { signOut } from "./remote/api.js";

document.getElementById("sign-out")?.addEventListener("click", async () => {
  await signOut();
  location.assign("/sign-in");
});
