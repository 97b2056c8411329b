// Says in words why a passkey did not work; allauth's script only writes it to the console.
"use strict";
document.addEventListener("allauth.error", (event) => {
  const place = document.getElementById("passkey_error");
  const fault = event.detail.exception;
  const said = {
    NotAllowedError: "The passkey was not used: it was cancelled, took too long, or none fits here.",
    SecurityError: "Passkeys do not work at this address: open the clinic by its name, not by a number.",
    InvalidStateError: "This passkey is set up for you already.",
  };
  const insecure = typeof window.PublicKeyCredential === "undefined"
    ? "Passkeys need a secure address (https, or localhost) and a browser that knows them." : "";
  if (place) {
    place.textContent = insecure || said[fault.name] || `The passkey did not work: ${fault.message}`;
    place.hidden = false;
  }
  event.preventDefault();
});
