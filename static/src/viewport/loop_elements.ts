/** The elements of a loop's strip. */
import "../panels/cine_menu";
import "./loop_slider";
