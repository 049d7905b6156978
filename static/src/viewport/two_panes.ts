/** All that two panes need of each other, once there are two: a chunk of its own. */
import "../panels/link_chip";

export { SideBySide } from "./side_by_side";
