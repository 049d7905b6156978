/** All of a shared view that a page needs once there is one: a chunk of its own. */
import "./presenter_bar";
import "./share_panel";

export { SharedSession } from "./shared_session";
