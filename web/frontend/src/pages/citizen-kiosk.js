// The kiosk: a number pad, and back to the start when nobody touches it.

const booth = document.querySelector(".booth");
const phone = document.querySelector("#phone");
const pad = document.querySelector(".pad");
let timer = 0;

const again = () => location.replace(booth.dataset.start);
function wait() {
  clearTimeout(timer);
  if (!booth.dataset.idle) timer = setTimeout(again, Number(booth.dataset.rest) * 1000);
}
for (const kind of ["pointerdown", "keydown", "input"]) document.addEventListener(kind, wait);
wait();

if (pad) {
  pad.hidden = false;
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key) phone.value = key === "back" ? phone.value.slice(0, -1) : phone.value + key;
  });
}
