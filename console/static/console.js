"use strict";
// Keeps a page honest about being live, and tells staff, in a background tab too, that somebody waits.
(() => {
  const stream = document.getElementById("stream");
  if (!stream) return;
  const bar = document.getElementById("not-live");
  const why = document.getElementById("not-live-why");
  const said = document.getElementById("said");
  const sound = document.getElementById("sound");
  const SILENT_AFTER = 8000; // milliseconds; the server beats every three seconds
  const title = document.title;
  let lastBeat = Date.now();
  let signedOut = false;
  let broken = false; // a part of the page could not be refreshed

  const live = (isLive) => {
    if (bar.hidden === isLive) return;
    bar.hidden = isLive;
    document.body.classList.toggle("cut", !isLive);
  };

  stream.addEventListener("beat", () => {
    lastBeat = Date.now();
    if (broken) { // what was missed while we were cut off comes now
      broken = false;
      for (const name of ["queue-changed", "conversation-changed"]) htmx.trigger(stream, name);
    }
    live(!broken);
  });
  stream.addEventListener("signed-out", () => {
    signedOut = true;
    why.textContent = "You are signed out. Sign in again to go on.";
    live(false);
  });
  stream.addEventListener("htmx:sse:error", () => { broken = true; live(false); });
  document.addEventListener("htmx:error", () => { broken = true; live(false); });
  document.addEventListener("htmx:response:error", () => { broken = true; live(false); });
  setInterval(() => {
    if (signedOut || Date.now() - lastBeat > SILENT_AFTER) live(false);
    // the extension tries again after a cut, but not when the very first connection failed
    if (!signedOut && !(stream._htmx && stream._htmx.sse) && Date.now() - lastBeat > SILENT_AFTER) {
      lastBeat = Date.now() - SILENT_AFTER / 2;
      htmx.ajax("GET", stream.getAttribute("hx-sse:connect"), { source: stream, swap: "none" });
    }
  }, 1000);

  // --- somebody new waits: title, sound, and words for a screen reader ---
  const counts = () => document.getElementById("counts");
  let newest = counts() ? Number(counts().dataset.newest) : 0;
  let alerts = counts() ? Number(counts().dataset.alerts) : 0;
  let audio = null;
  const ring = (urgent) => {
    if (!audio || audio.state !== "running") return;
    (urgent ? [880, 660, 880, 660] : [660, 880]).forEach((pitch, place) => {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const at = audio.currentTime + place * 0.22;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.2, at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.2);
    });
  };
  const look = () => {
    const shown = counts();
    if (!shown) return;
    const waiting = Number(shown.dataset.waiting);
    const alertsNow = Number(shown.dataset.alerts);
    document.title = (alertsNow ? `DANGER (${alertsNow}) ` : waiting ? `(${waiting}) ` : "") + title;
    if (Number(shown.dataset.newest) > newest || alertsNow > alerts) {
      const urgent = alertsNow > alerts;
      said.textContent = urgent ? "Possible danger: a new alert is in the queue." : "Somebody new is waiting in the queue.";
      ring(urgent);
    }
    newest = Math.max(newest, Number(shown.dataset.newest));
    alerts = alertsNow;
  };
  new MutationObserver(look).observe(document.querySelector("header"), { subtree: true, childList: true, attributes: true });
  look();
  if (sound) {
    sound.hidden = false;
    const show = () => {
      const on = audio !== null && audio.state === "running";
      sound.setAttribute("aria-pressed", String(on));
      sound.textContent = on ? "Sound on" : "Sound off";
    };
    const start = async () => {
      audio = audio || new AudioContext();
      await audio.resume();
      show();
    };
    sound.addEventListener("click", async () => {
      const on = audio !== null && audio.state === "running";
      localStorage.setItem("sound", on ? "off" : "on");
      if (on) { await audio.suspend(); show(); } else { await start(); ring(false); }
    });
    // browsers allow sound only after a first touch of the page
    if (localStorage.getItem("sound") === "on") {
      document.addEventListener("pointerdown", start, { once: true });
      document.addEventListener("keydown", start, { once: true });
    }
  }

  // --- a conversation: stay at the newest message, and follow a change of hands ---
  const answer = document.getElementById("answer");
  const text = document.getElementById("text");
  if (answer) {
    const key = "unsent:" + location.pathname;
    const list = () => document.querySelector(".log");
    const toEnd = () => { const log = list(); if (log) log.scrollTop = log.scrollHeight; };
    toEnd();
    if (text && sessionStorage.getItem(key)) {
      text.value = sessionStorage.getItem(key);
      sessionStorage.removeItem(key);
    }
    new MutationObserver(() => {
      const part = document.querySelector("#log [data-epoch]");
      if (part && part.dataset.epoch !== answer.dataset.epoch) {
        if (text && text.value) sessionStorage.setItem(key, text.value);
        location.replace(location.pathname);
        return;
      }
      toEnd();
    }).observe(document.getElementById("log"), { subtree: true, childList: true, attributes: true, attributeFilter: ["data-epoch"] });
  }
})();
