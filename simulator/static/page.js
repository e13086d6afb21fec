// The simulator's page: sends as residents, and draws the journal as it grows.
"use strict";

const byId = (id) => document.getElementById(id);
const entries = new Map();
let lastText = null;

async function post(path, body, method = "POST") {
  const answer = await fetch(path, {
    method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body),
  });
  if (!answer.ok) note("The simulator refused: " + answer.status, true);
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function note(text, bad, at = new Date()) {
  const line = element("li", bad ? "bad" : "");
  line.append(element("time", "", at.toLocaleTimeString([], { hour12: false })), element("span", "", text));
  byId("happened").prepend(line);
}

const shown = () => ({ twilio: byId("number").value, graph: byId("person").value });

function threadOf(provider) {
  return byId(provider === "twilio" ? "sms-thread" : "messenger-thread");
}

function draw(entry) {
  if (entry.person !== shown()[entry.provider]) return;
  const { data } = entry;
  const thread = threadOf(entry.provider);
  if (entry.kind === "state") {
    const meta = document.getElementById("m-" + (data.sid || data.mid));
    if (meta) setState(meta, data.state, data.error);
    return;
  }
  if (entry.kind === "carrier") {
    thread.append(element("li", "note", data.body));
  } else if (entry.kind === "from_resident" || entry.kind === "to_resident") {
    const mine = entry.kind === "from_resident";
    const item = element("li", mine ? "in" : "out");
    const bubble = element("div", "bubble");
    const photos = data.media || (data.attachments || []).filter((one) => one === "image").length;
    for (let drawn = 0; drawn < photos; drawn += 1) {
      const photo = element("span", "photo");
      photo.setAttribute("role", "img");
      photo.setAttribute("aria-label", "A photo");
      bubble.append(photo);
    }
    if ((data.attachments || []).includes("location")) bubble.append("Location: 37.6003, -120.9501");
    if (data.body) bubble.append(data.body);
    item.append(bubble);
    if (!mine) {
      if (data.buttons && data.buttons.length) {
        const row = element("div", "buttons");
        for (const one of data.buttons) row.append(tappable(one));
        item.append(row);
      }
      const meta = element("div", "meta");
      meta.id = "m-" + (data.sid || data.mid);
      meta.dataset.size = data.segments
        ? `${data.segments} segment${data.segments > 1 ? "s" : ""}, ${data.encoding} · ` : "";
      setState(meta, data.state);
      item.append(meta);
    }
    thread.append(item);
    if (entry.provider === "graph") quickReplies(mine ? [] : data.quick_replies);
  }
  thread.scrollTop = thread.scrollHeight;
}

function setState(meta, state, error) {
  meta.textContent = meta.dataset.size + state + (error ? " " + error : "");
  meta.classList.toggle("bad", state === "undelivered" || state === "failed");
}

function tappable(one) {
  const button = element("button", "", one.title);
  button.type = "button";
  button.addEventListener("click", () => {
    quickReplies([]);
    const event = one.content_type
      ? { message: { text: one.title, quick_reply: { payload: one.payload } } }
      : { postback: { title: one.title, payload: one.payload } };
    messenger(event);
  });
  return button;
}

function quickReplies(list) {
  byId("quick").replaceChildren(...(list || []).map(tappable));
}

function redraw() {
  for (const id of ["sms-thread", "messenger-thread", "quick"]) byId(id).replaceChildren();
  for (const entry of entries.values()) draw(entry);
}

function happened(entry) {
  const { data, provider, kind } = entry;
  const who = { twilio: "Twilio", graph: "Graph API", media: "Files" }[provider];
  const at = new Date(entry.at);
  if (kind === "from_resident") note(`${who}: a resident wrote, webhook posted`, false, at);
  if (kind === "to_resident") note(`${who}: took a message from Frontdesk`, false, at);
  if (kind === "state") note(`${who}: message ${data.state} ${data.error || ""}`, data.state === "undelivered", at);
  if (kind === "carrier") note(data.body, true, at);
  if (kind === "fault") note(`${who}: showed the fault “${data.fault}”`, true, at);
  if (kind === "fetched") {
    note(data.fault ? `${who}: showed the fault “${data.fault}”` : `${who}: Frontdesk fetched a photo`, Boolean(data.fault), at);
  }
  if (kind === "webhook") note(`${who}: Frontdesk did not take a webhook (${data.status ?? "no connection"})`, true, at);
}

const sms = (more) => post("/control/sms", { from: byId("number").value, ...more });
const messenger = (...events) => post("/control/messenger", { psid: byId("person").value, events });
const newSid = () => "SM" + crypto.randomUUID().replaceAll("-", "");

function sendText(body) {
  lastText = { body, sid: newSid() };
  return sms(lastText);
}

function compose(form, field, send) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    send(text);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

compose(byId("sms-form"), byId("sms-text"), sendText);
compose(byId("messenger-form"), byId("messenger-text"), (text) => messenger({ message: { text } }));
// A picture drawn here: a street with a car, and the time, so that two of them can be told apart.
function drawnPhoto() {
  const canvas = element("canvas");
  [canvas.width, canvas.height] = [960, 640];
  const pen = canvas.getContext("2d");
  const paint = (colour, ...box) => { pen.fillStyle = colour; pen.fillRect(...box); };
  paint("#9cc5ec", 0, 0, 960, 380);
  paint("#b9a58c", 90, 120, 300, 260);
  paint("#8d7458", 540, 60, 330, 320);
  for (const x of [130, 230, 330, 590, 700, 810]) paint("#2f4059", x, 180, 44, 60);
  paint("#565c66", 0, 380, 960, 260);
  for (let x = 40; x < 960; x += 160) paint("#e8e2c8", x, 530, 90, 10);
  paint("#a5282c", 300, 390, 340, 80);
  paint("#a5282c", 370, 340, 190, 60);
  paint("#cfe2f2", 385, 350, 75, 42);
  paint("#20242b", 470, 350, 75, 42); // the broken window
  pen.fillStyle = "#16181d";
  for (const x of [370, 570]) { pen.beginPath(); pen.arc(x, 472, 38, 0, 7); pen.fill(); }
  pen.fillStyle = "#fff";
  pen.font = "34px system-ui, sans-serif";
  pen.fillText("Test photo, " + new Date().toLocaleTimeString([], { hour12: false }), 24, 612);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
}

async function photoOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { content: btoa(text), type: file.type || "application/octet-stream" };
}

const smsPhotos = async (...files) => sms({ body: "", photos: await Promise.all(files.map(photoOf)) });
const messengerPhotos = async (...files) => post("/control/messenger-photos", {
  psid: byId("person").value, photos: await Promise.all(files.map(photoOf)),
});

function photoButtons(name, send) {
  const chooser = byId(name + "-file");
  byId(name + "-photo").addEventListener("click", async () => send(await drawnPhoto()));
  byId(name + "-choose").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    const files = [...chooser.files];
    chooser.value = "";
    if (files.length) send(...files);
  });
}

photoButtons("sms", smsPhotos);
photoButtons("messenger", messengerPhotos);
byId("sms-twice").addEventListener("click", () => lastText && sms(lastText));
byId("sms-stop").addEventListener("click", () => sendText("STOP"));
byId("messenger-start").addEventListener("click", () =>
  messenger({ postback: { title: "Get Started", payload: "GET_STARTED" } }));
byId("messenger-place").addEventListener("click", () => messenger({
  message: { attachments: [{ type: "location", payload: { coordinates: { lat: 37.6003, long: -120.9501 } } }] },
}));
byId("number").addEventListener("change", redraw);
byId("person").addEventListener("change", redraw);
byId("fault-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const kind = byId("fault-kind").value;
  post("/control/faults", {
    provider: byId("fault-provider").value, kind, count: Number(byId("fault-count").value),
    seconds: kind === "delay" ? 3 : 30,
  });
  note("Ordered: the next calls show “" + kind + "”");
});
byId("fault-clear").addEventListener("click", () => { post("/control/faults", undefined, "DELETE"); note("All well again"); });

const stream = new EventSource("/control/stream");
const live = byId("live");
stream.addEventListener("open", () => { live.dataset.state = "on"; live.textContent = "Live"; });
stream.addEventListener("error", () => { live.dataset.state = "off"; live.textContent = "Not connected"; });
stream.addEventListener("entry", (event) => {
  const entry = JSON.parse(event.data);
  if (entries.has(entry.id)) return;
  entries.set(entry.id, entry);
  happened(entry);
  draw(entry);
});
