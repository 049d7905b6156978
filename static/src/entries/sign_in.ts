import "../styles/page.css";
import "../styles/sign_in.css";
