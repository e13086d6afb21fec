// Makes the chat page live: sends without reloading, shows answers as they come. Without this file
// the page works by plain forms.
"use strict";
(() => {
  const body = document.body;
  const say = body.dataset;
  const log = document.getElementById("log");
  const state = document.getElementById("state");
  const text = document.getElementById("text");
  const place = document.getElementById("place");
  const photos = document.getElementById("photos");
  const photo = document.getElementById("photo");
  const hint = document.getElementById("hint");
  const hintText = hint.textContent;
  const latest = document.getElementById("latest");
  let cursor = Number(say.cursor);
  let stream = null;
  let offlineTimer = 0;
  let waiting = 0;

  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(16).padStart(2, "0")).join("");

  function show(line, look) {
    state.textContent = line;
    state.className = look || "";
  }

  // nothing to say, unless the browser knows that it is cut off
  function settle() {
    if (navigator.onLine) show(""); else show(say.offline, "bad");
  }

  function wait(line, seconds) {
    clearTimeout(waiting);
    if (!navigator.onLine) return;
    show(line, "busy");
    waiting = setTimeout(() => settle(), seconds * 1000);
  }

  function toEnd() { log.scrollTop = log.scrollHeight; }

  function closeChoices() {
    const held = document.activeElement && document.activeElement.closest(".choices");
    log.querySelectorAll(".choices").forEach((form) => form.remove());
    if (held) text.focus();
  }

  // --- what comes

  function put(key, html) {
    const box = document.createElement("template");
    box.innerHTML = html; // made and escaped by our own server
    const made = box.content.firstElementChild;
    const old = document.getElementById(key);
    if (old) old.replaceWith(made); else log.insertBefore(made, latest);
    toEnd();
  }

  function connect() {
    if (stream) stream.close();
    stream = new EventSource(`/chat/stream?after=${cursor}&language=${say.language}`);
    const on = (name, act) => stream.addEventListener(name, (event) => {
      if (event.lastEventId) cursor = Math.max(cursor, Number(event.lastEventId));
      act(JSON.parse(event.data));
    });
    stream.onopen = () => {
      clearTimeout(offlineTimer);
      offlineTimer = 0;
      if (state.className === "bad") settle();
    };
    stream.onerror = () => {
      // a short break is nobody's business; a longer one is said
      offlineTimer ||= setTimeout(() => show(say.offline, "bad"), 1500);
      if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
    };
    on("nothing", () => { stream.close(); stream = null; });
    on("seen", () => {});
    on("typing", () => wait(say.typingPerson, 8));
    on("holder", ({ holder, text: line }) => {
      say.holder = holder;
      document.getElementById("holder").textContent = line;
      if (state.className === "busy") settle();
    });
    on("message", ({ key, side, html }) => {
      if (side === "in") {
        if (!document.getElementById(key)) closeChoices();
      } else {
        clearTimeout(waiting);
        if (state.className !== "bad") settle();
        if (parent !== window) parent.postMessage({ frontdesk: "message" }, "*");
      }
      put(key, html);
    });
  }

  // a browser that knows it is cut off says so before the stream notices
  addEventListener("offline", settle);
  addEventListener("online", () => { if (stream) connect(); else if (state.className === "bad") settle(); });

  // --- what goes

  function bubble(words) {
    const made = document.createElement("article");
    made.className = "m in";
    made.innerHTML = '<p class="who"></p><div class="text"></div><p class="delivery"></p>';
    made.children[0].textContent = say.you;
    made.children[1].innerText = words;
    log.insertBefore(made, latest);
    toEnd();
    return made;
  }

  // not fetch, which does not tell how far an upload is
  function post(path, fields, seconds, far) {
    return new Promise((done, broke) => {
      const request = new XMLHttpRequest();
      request.open("POST", path);
      request.setRequestHeader("accept", "application/json");
      request.responseType = "json";
      request.timeout = seconds * 1000;
      request.upload.onprogress = ({ loaded, total }) => far(loaded / total);
      request.onload = () => done(request);
      request.onerror = request.ontimeout = broke;
      request.send(fields);
    });
  }

  async function send(fields, made) {
    const delivery = made.querySelector(".delivery");
    const large = fields instanceof FormData;
    delivery.className = "delivery";
    delivery.textContent = say.sending;
    let problem = say.notStored;
    let final = false;
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", say.sendingPhoto);
    if (large) { delivery.append(" ", bar); show(say.sendingPhoto, "busy"); }
    try {
      const path = large ? "/chat/photos" : "/chat/messages";
      const { status, response } = await post(path, fields, large ? 180 : 15, (part) => {
        if (part < 1) bar.value = part; else bar.removeAttribute("value"); // there, and being read
      });
      const told = response || {};
      final = [413, 415, 422, 429].includes(status); // the same again would be refused again
      if (large) show("");
      if (status === 201) {
        // the stream may have been quicker than this answer
        if (document.getElementById(told.key)) made.remove();
        else { made.id = told.key; delivery.remove(); }
        if (state.className === "bad") settle();
        if (say.holder === "bot" && log.lastElementChild.previousElementSibling === made) wait(say.typing, 20);
        if (!stream) connect();
        return;
      }
      problem = told.problem || problem;
    } catch { /* no connection, or no answer in time: the same id goes again on "try again" */ }
    delivery.className = "delivery bad";
    delivery.textContent = say.notSent + " ";
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = say.tryAgain;
    again.onclick = () => send(fields, made);
    if (!final) delivery.append(again);
    show(problem, "bad");
    toEnd();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-send]")) return;
    event.preventDefault();
    if (form === place && !place.latitude.value) { locate(); return; }
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    fields.set("id", newId());
    const typed = form === text.form;
    const words = typed ? text.value.trim() : (event.submitter || form.querySelector("button")).textContent;
    if (!words) return;
    closeChoices();
    if (typed) { text.value = ""; count(); text.focus(); }
    if (form === place) place.latitude.value = place.longitude.value = "";
    send(fields, bubble(words));
  });

  function locate() {
    const failed = () => show(say.locationFailed, "bad");
    if (!navigator.geolocation) { failed(); return; }
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      place.latitude.value = coords.latitude;
      place.longitude.value = coords.longitude;
      place.requestSubmit();
    }, failed, { timeout: 15000, maximumAge: 60000, enableHighAccuracy: true });
  }

  // --- photos: the page's own form, its button opening the choice of files at once

  photo.previousElementSibling.hidden = photo.hidden = photos.lastElementChild.hidden = true;
  photo.required = false;
  photo.multiple = true;
  photos.addEventListener("submit", (event) => {
    event.preventDefault();
    photo.click();
  });
  photo.addEventListener("change", async () => {
    const chosen = [...photo.files];
    photo.value = "";
    for (const file of chosen) await sendPhoto(file);
  });

  async function sendPhoto(file) {
    const most = Number(photos.dataset.most);
    const fitting = file.size > most ? await smaller(file) : file;
    if (!fitting || fitting.size > most) { show(say.photoLarge, "bad"); return; }
    const fields = new FormData(photos);
    fields.set("id", newId());
    fields.set("photo", fitting, "photo");
    closeChoices();
    await send(fields, bubble(say.photo));
  }

  // many phones take photos that are larger than what is kept
  async function smaller(file) {
    try {
      const whole = await createImageBitmap(file);
      const scale = Math.min(1, 2560 / Math.max(whole.width, whole.height));
      const canvas = document.createElement("canvas");
      canvas.width = whole.width * scale;
      canvas.height = whole.height * scale;
      canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
      return await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    } catch { return null; }
  }

  log.addEventListener("load", toEnd, true); // a photo that comes in needs its room

  function count() {
    const left = text.maxLength - text.value.length;
    hint.textContent = left < 200 ? `${left} ${say.left}` : hintText;
  }

  text.addEventListener("input", count);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      text.form.requestSubmit();
    }
  });

  // --- leaving

  document.getElementById("leave").addEventListener("submit", (event) => {
    event.preventDefault();
    const where = event.target.querySelector("button").value;
    if (stream) stream.close();
    fetch("/chat/leave", { method: "POST", keepalive: true, redirect: "manual" }).catch(() => {});
    body.replaceChildren();
    document.title = "";
    top.location.replace(where);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && parent !== window) parent.postMessage({ frontdesk: "close" }, "*");
  });
  addEventListener("message", (event) => {
    if (event.source === parent && event.data && event.data.frontdesk === "focus") text.focus();
  });
  // a page brought back by the back button may belong to a session that was cleared
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !stream && cursor) connect(); });

  place.hidden = !("geolocation" in navigator);
  toEnd();
  if (cursor) connect();
})();
