/** What slides add to the glass. */
import { css } from "lit";

export const slideStyles = css`
  .glass {
    background: var(--ground);
    cursor: grab;
  }
  .scene {
    position: absolute;
    inset: 0;
  }
  .sheet {
    position: absolute;
    inset: 0;
    cursor: crosshair;
    touch-action: none;
  }
  .sheet[hidden] {
    display: none;
  }
  .measured {
    top: 236px;
    max-height: calc(100% - 300px);
  }
  .corner {
    background: rgb(11 12 14 / 80%);
    border-radius: var(--radius-small);
    padding: 4px 8px;
    margin: 8px;
    text-shadow: none;
  }
  .below-map {
    top: 156px;
  }
  .steps {
    display: inline-flex;
    gap: 2px;
  }
  .complete {
    white-space: nowrap;
  }
  .complete.loading {
    color: var(--warn);
  }
  @media (max-width: 720px) {
    .below-map {
      top: 104px;
    }
    .measured {
      top: 184px;
    }
    .steps {
      flex: 1 0 100%;
      justify-content: space-between;
    }
    .steps button {
      min-width: 0;
      padding: 0 4px;
    }
  }
`;
