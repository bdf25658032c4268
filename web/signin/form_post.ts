/* OAuth 2.0 Form Post Response Mode: send the only form on the page (a field may be called "submit", hence the prototype). */
HTMLFormElement.prototype.submit.call(document.forms[0]);
export {};
