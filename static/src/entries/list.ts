/** The study list's page. */
import "../styles/page.css";
import "../panels/study_list";
