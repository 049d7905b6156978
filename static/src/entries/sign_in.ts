/** The sign-in page works without a script; this only puts the cursor in place and warns of Caps Lock. */
import "../styles/page.css";
import "../styles/sign_in.css";

const form = document.querySelector<HTMLFormElement>("#sign-in");
const username = document.querySelector<HTMLInputElement>("#username");
const password = document.querySelector<HTMLInputElement>("#password");
const caps = document.querySelector<HTMLElement>("#caps");

(username?.value ? password : username)?.focus();

password?.addEventListener("keyup", (event) => {
  if (caps) caps.hidden = !event.getModifierState("CapsLock");
});

form?.addEventListener("submit", () => {
  const button = form.querySelector("button");
  if (button) button.disabled = true;
});

// Coming back by the browser's history must not find the button disabled.
window.addEventListener("pageshow", () => {
  const button = form?.querySelector("button");
  if (button) button.disabled = false;
});
