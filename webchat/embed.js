// Puts the department's chat on a page: <script src="https://…/embed.js" data-language="auto"></script>
// data-language: auto, en or es · data-position: right or left · data-label: words on the button
"use strict";
(() => {
  const script = document.currentScript;
  const origin = new URL(script.src).origin;
  const labels = __LABELS__;
  const asked = script.dataset.language || "auto";
  const wish = asked === "auto" ? document.documentElement.lang || navigator.language : asked;
  const language = wish.toLowerCase().startsWith("es") ? "es" : "en";
  const label = script.dataset.label || labels[language].launcher;
  const side = script.dataset.position === "left" ? "left" : "right";

  // a constructed sheet, because the page's own policy may forbid style elements
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; position: fixed; z-index: 2147483000; bottom: 1.2rem; ${side}: 1.2rem; font: 600 1rem/1.2 system-ui, sans-serif; }
    button { font: inherit; cursor: pointer; border: 0; color: #fff; background: #12305c; }
    button:focus-visible { outline: 3px solid #f2b632; outline-offset: 2px; box-shadow: 0 0 0 6px #12305c; }
    .open { display: flex; align-items: center; gap: .6rem; padding: .85rem 1.3rem; border-radius: 2rem; box-shadow: 0 .3rem 1.2rem #0006; }
    .open:hover { background: #1c4a8b; }
    .open svg { width: 1.4rem; height: 1.4rem; }
    .news::after { content: ""; width: .7rem; height: .7rem; border-radius: 50%; background: #f2b632; }
    .panel { position: fixed; bottom: 1.2rem; ${side}: 1.2rem; width: min(25.5rem, calc(100vw - 2.4rem)); height: min(43rem, calc(100vh - 2.4rem)); display: flex; flex-direction: column; border-radius: 1rem; overflow: hidden; background: #12305c; box-shadow: 0 .6rem 2.5rem #0008; }
    [hidden] { display: none !important; }
    .shut { align-self: flex-end; padding: .5rem .9rem; min-height: 2.4rem; display: flex; gap: .4rem; align-items: center; font-size: .9rem; }
    iframe { flex: 1; border: 0; width: 100%; background: #f3f5fa; }
    @media (max-width: 30rem) { .panel { inset: 0; width: 100%; height: 100%; border-radius: 0; } }
  `);

  class FrontdeskChat extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      root.innerHTML = `<button class="open" type="button" aria-haspopup="dialog" aria-expanded="false"><svg viewBox="0 0 24 24" aria-hidden="true"><path fill="currentColor" d="M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z"/></svg><span></span></button>
        <div class="panel" role="dialog" hidden><button class="shut" type="button"><span aria-hidden="true">✕</span> <span></span></button></div>`;
      this.lang = language;
      this.button = root.querySelector(".open");
      this.panel = root.querySelector(".panel");
      this.button.querySelector("span").textContent = label;
      this.panel.setAttribute("aria-label", label);
      const shut = root.querySelector(".shut");
      shut.lastElementChild.textContent = labels[language].close;
      this.button.addEventListener("click", () => this.open());
      shut.addEventListener("click", () => this.close());
      this.panel.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
      addEventListener("message", (event) => {
        if (!this.frame || event.origin !== origin || event.source !== this.frame.contentWindow) return;
        if (event.data.frontdesk === "close") this.close();
        if (event.data.frontdesk === "message" && this.panel.hidden) this.button.classList.add("news");
      });
    }

    open() {
      if (!this.frame) {
        this.frame = document.createElement("iframe");
        this.frame.title = label;
        this.frame.allow = "geolocation";
        this.frame.src = `${origin}/chat?language=${language}`;
        this.frame.addEventListener("load", () => this.focusChat());
        this.panel.append(this.frame);
      }
      this.panel.hidden = false;
      this.button.hidden = true;
      this.button.classList.remove("news");
      this.button.setAttribute("aria-expanded", "true");
      this.focusChat();
    }

    focusChat() {
      if (this.panel.hidden) return;
      this.frame.focus();
      this.frame.contentWindow.postMessage({ frontdesk: "focus" }, origin);
    }

    close() {
      this.panel.hidden = true;
      this.button.hidden = false;
      this.button.setAttribute("aria-expanded", "false");
      this.button.focus();
    }
  }

  if (!customElements.get("frontdesk-chat")) customElements.define("frontdesk-chat", FrontdeskChat);
  const place = () => document.body.append(document.createElement("frontdesk-chat"));
  if (document.body) place(); else addEventListener("DOMContentLoaded", place);
})();
