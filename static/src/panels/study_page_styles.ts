/** Layout of the study page. */
import { css } from "lit";

export const studyPageStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    height: 100dvh;
    background: var(--ground);
  }
  .bar {
    display: flex;
    align-items: center;
    gap: 6px;
    min-height: 48px;
    padding: 4px 10px 4px 6px;
    background: var(--panel);
    border-bottom: 1px solid var(--line);
  }
  viewbox-banner {
    flex: 1;
    padding: 0 6px;
  }
  .share {
    flex: none;
    padding: 0 12px;
    border-color: var(--line);
    background: var(--raised);
    color: var(--text);
  }
  .share.going {
    border-color: var(--shared-line);
    background: var(--shared-ground);
    color: var(--shared);
  }
  .use {
    flex: none;
    color: var(--text-soft);
  }
  form {
    margin: 0;
  }
  .body {
    position: relative;
    display: flex;
    flex: 1;
    min-height: 0;
  }
  .tray {
    display: flex;
    width: 256px;
    border-right: 1px solid var(--line);
  }
  .tray.closed {
    display: none;
  }
  viewbox-tray {
    flex: 1;
    min-width: 0;
  }
  .shade {
    display: none;
  }
  main {
    display: flex;
    flex: 1;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  .panes {
    display: grid;
    flex: 1;
    min-height: 0;
    grid-template: minmax(0, 1fr) / minmax(0, 1fr);
  }
  .panes.two {
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    gap: 2px;
  }
  .closed-place {
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 12px;
    padding: 24px;
    border: 1px solid var(--line);
    background: var(--ground);
    color: var(--text-soft);
    text-align: center;
  }
  .closed-place .icon svg {
    width: 40px;
    height: 40px;
  }
  .closed-place p {
    margin: 0;
  }
  .answer:not(:empty) {
    position: absolute;
    z-index: 40;
    bottom: 120px;
    left: 50%;
    transform: translateX(-50%);
    width: max-content;
    max-width: calc(100% - 32px);
    padding: 6px 14px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    background: var(--raised);
    color: var(--text);
    font-size: 13px;
    text-align: center;
    pointer-events: none;
  }
  .problem {
    display: grid;
    flex: 1;
    place-content: center;
    justify-items: center;
    gap: 10px;
    padding: 24px;
    text-align: center;
    color: var(--text-soft);
  }
  .problem .icon svg {
    width: 40px;
    height: 40px;
  }
  .problem h1 {
    margin: 0;
    font-size: 20px;
    color: var(--text);
  }
  .problem p {
    margin: 0 0 8px;
  }
  @media (max-width: 720px) {
    .desk {
      display: none;
    }
    .bar {
      flex-wrap: wrap;
      padding: 4px 6px 0 2px;
    }
    .use {
      flex: 1 0 100%;
      justify-content: center;
      border: 0;
      background: none;
      font-size: 11px;
      line-height: 18px;
      padding: 0;
    }
    main {
      flex-direction: column-reverse;
    }
    .tray {
      position: absolute;
      z-index: 50;
      inset: 0 auto 0 0;
      width: min(320px, 86vw);
      box-shadow: 12px 0 40px rgb(0 0 0 / 60%);
    }
    .shade {
      display: block;
      position: absolute;
      z-index: 49;
      inset: 0;
      border-radius: 0;
      background: rgb(0 0 0 / 55%);
    }
    .shade:hover {
      background: rgb(0 0 0 / 55%);
    }
    .answer:not(:empty) {
      bottom: 240px;
    }
    .panes.two {
      grid-template: minmax(0, 1fr) minmax(0, 1fr) / minmax(0, 1fr);
    }
  }
  @media (min-width: 721px) and (max-height: 480px) {
    .desk {
      display: none;
    }
    main {
      flex-direction: row-reverse;
    }
    .tray {
      position: absolute;
      z-index: 50;
      inset: 0 auto 0 0;
      width: 300px;
      box-shadow: 12px 0 40px rgb(0 0 0 / 60%);
    }
    .shade {
      display: block;
      position: absolute;
      z-index: 49;
      inset: 0;
      background: rgb(0 0 0 / 55%);
    }
  }
`;
