/** Look of the study list: a table on a desk, cards on a phone. */
import { css } from "lit";

export const studyListStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 100dvh;
    background: var(--ground);
  }
  .bar {
    display: flex;
    align-items: center;
    gap: 10px;
    min-height: 56px;
    padding: 6px 20px;
    background: var(--panel);
    border-bottom: 1px solid var(--line);
  }
  .brand {
    display: inline-flex;
    align-items: center;
    gap: 10px;
    font-size: 17px;
    font-weight: 700;
    letter-spacing: -0.01em;
  }
  .brand .icon svg {
    width: 28px;
    height: 28px;
  }
  .who {
    margin-left: auto;
    color: var(--text-soft);
    text-align: right;
    line-height: 1.25;
  }
  .who strong {
    display: block;
    color: var(--text);
    font-weight: 600;
  }
  form {
    margin: 0;
  }
  main {
    flex: 1;
    width: 100%;
    max-width: 1480px;
    margin: 0 auto;
    padding: 20px 20px 48px;
  }
  h1 {
    margin: 0;
    font-size: 22px;
    letter-spacing: -0.01em;
  }
  .heading {
    display: flex;
    align-items: baseline;
    gap: 12px;
    margin-bottom: 14px;
  }
  .filters {
    position: sticky;
    top: 0;
    z-index: 5;
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 10px;
    margin: 0 -20px;
    padding: 10px 20px 12px;
    background: var(--ground);
  }
  .line {
    display: flex;
    gap: 8px;
    align-items: center;
  }
  fieldset {
    display: flex;
    min-width: 0; /* else as wide as all pills, and the page with it */
    gap: 6px;
    margin: 0;
    padding: 2px;
    border: 0;
    overflow-x: auto;
    scrollbar-width: none;
  }
  .pill {
    position: relative;
    flex: none;
  }
  .pill input {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  .pill span {
    display: inline-flex;
    align-items: center;
    min-height: 30px;
    padding: 0 13px;
    border: 1px solid var(--line);
    border-radius: 999px;
    background: var(--panel);
    color: var(--text-soft);
    font-size: 13px;
    white-space: nowrap;
  }
  .pill:hover span {
    background: var(--hover);
    color: var(--text);
  }
  .pill input:checked + span {
    border-color: var(--accent);
    background: var(--accent-ground);
    color: var(--accent);
    font-weight: 600;
  }
  .pill input:focus-visible + span {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .more {
    display: grid;
    justify-items: center;
    padding: 18px;
  }
  footer {
    padding: 14px 20px;
    border-top: 1px solid var(--line);
    color: var(--text-soft);
    font-size: 12px;
    text-align: center;
  }
  @media (max-width: 720px) {
    .bar {
      padding: 6px 12px;
    }
    main {
      padding: 14px 12px 40px;
    }
    .filters {
      margin: 0 -12px;
      padding: 8px 12px;
    }
    .line {
      flex-wrap: wrap;
    }
    .line select {
      flex: 1;
      max-width: none;
    }
    .pill span {
      min-height: 40px;
    }
  }
`;
