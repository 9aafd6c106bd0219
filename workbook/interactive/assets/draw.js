/* What all interactive pictures share: the data, controls with labels, grids of numbers, images, curves, the theme.
   Everything is in the one global `draw`. The scales and `format` also run in node. */
const draw = (() => {
    // --- Numbers and colours: pure ---

    // The colours of Matplotlib's PuOr, reversed: negative purple, zero white, positive orange.
    const SIGNED = [
        [45, 0, 75],
        [84, 39, 136],
        [128, 115, 172],
        [178, 171, 210],
        [216, 218, 235],
        [247, 247, 247],
        [254, 224, 182],
        [253, 184, 99],
        [224, 130, 20],
        [179, 88, 6],
        [127, 59, 8]
    ];

    function signed(value, largest) {
        const place = 5 + 5 * Math.max(-1, Math.min(1, largest > 0 ? value / largest : 0));
        const below = Math.min(9, Math.floor(place));
        return SIGNED[below].map((from, i) => Math.round(from + (place - below) * (SIGNED[below + 1][i] - from)));
    }

    function grey(value, low, high) {
        const shade = Math.round(255 * Math.max(0, Math.min(1, high > low ? (value - low) / (high - low) : 0.5)));
        return [shade, shade, shade];
    }

    /* Return a number with at most `digits` decimals, a true minus sign and no trailing zeros. */
    function format(value, digits = 2) {
        if (value === null || Number.isNaN(value)) return "";
        if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
        const text = Math.abs(value).toFixed(digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
        return (value < 0 && Number(text) !== 0 ? "−" : "") + text;
    }

    /* Return an integer with thin spaces between thousands: 1 234 567. */
    const thousands = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");

    const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
    const colour = (rgb) => `rgb(${rgb.join(",")})`;
    const textOn = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#000" : "#fff");
    const pure = { signed, grey, format, thousands, escape, colour, textOn };
    if (typeof document === "undefined") return pure;

    // --- The page ---

    const element = (name) => document.getElementById(name);
    const data = JSON.parse(element("data").textContent);

    /* Make an element in `parent`: add(parent, "p", { className: "note" }, "text"). */
    function add(parent, tag, properties = {}, text = "") {
        const made = document.createElement(tag);
        Object.assign(made, properties);
        if (text) made.textContent = text;
        parent.append(made);
        return made;
    }

    /* Return { shape, values } of an array that Python's `encode` wrote: uint8, int32 or float32, little-endian. */
    function array(encoded) {
        const bytes = Uint8Array.from(atob(encoded.base64), (c) => c.charCodeAt(0));
        const kinds = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array };
        return { shape: encoded.shape, values: new kinds[encoded.dtype](bytes.buffer) };
    }

    /* Return a promise of { height, width, values } of a grey picture that Python's `encode_png` wrote, 0 to 255. */
    async function photograph(address) {
        const picture = new Image();
        picture.src = address;
        await picture.decode();
        const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
        const context = canvas.getContext("2d", { willReadFrequently: true });
        context.drawImage(picture, 0, 0);
        const rgba = context.getImageData(0, 0, picture.width, picture.height).data;
        const values = Uint8Array.from({ length: rgba.length / 4 }, (_, i) => rgba[4 * i]);
        return { height: picture.height, width: picture.width, values };
    }

    /* Tell a screen reader what has changed; of several quick changes only the last sentence is read. */
    let waiting = 0;

    function say(text) {
        clearTimeout(waiting);
        waiting = setTimeout(() => element("said").replaceChildren(text), 400);
    }

    // --- Controls: each has a label, and calls `changed(value)` ---

    let names = 0;

    function labelled(parent, label, tag, properties) {
        const box = add(parent, "div", { className: "control" });
        const id = `control-${++names}`;
        add(box, "label", { htmlFor: id }, label);
        return [add(box, tag, { id, ...properties }), box];
    }

    /* Return a slider with its value beside it. Setting `value` or `max` does not call `changed`. */
    function slider(parent, { label, min = 0, max, step = 1, value = min, show = format }, changed = () => {}) {
        const [input, box] = labelled(parent, label, "input", { type: "range", min, max, step, value });
        const shown = add(box, "output", { htmlFor: input.id });
        const refresh = () => {
            shown.textContent = show(Number(input.value));
            input.setAttribute("aria-valuetext", shown.textContent);
        };
        input.oninput = () => {
            refresh();
            changed(Number(input.value));
        };
        refresh();
        return {
            input,
            refresh,
            get value() { return Number(input.value); },
            set value(position) {
                input.value = position;
                refresh();
            },
            get max() { return Number(input.max); },
            set max(position) {
                input.max = position;
                refresh();
            },
        };
    }

    /* Return a number field. A text that is not a number counts as 0, and stays as typed. */
    function number(parent, { label, value = 0, step = "any", min, max, hidden = false }, changed = () => {}) {
        const [input, box] = labelled(parent, label, "input", { type: "number", value, step });
        if (min !== undefined) input.min = min;
        if (max !== undefined) input.max = max;
        if (hidden) box.firstChild.className = "sr-only"; // the label is read, not seen
        input.oninput = () => changed(Number(input.value) || 0);
        return input;
    }

    /* Return a list of choices; an option is a text, or [value, text]. */
    function choice(parent, { label, options, value }, changed = () => {}) {
        const [select] = labelled(parent, label, "select", {});
        for (const option of options) {
            const [key, text] = Array.isArray(option) ? option : [option, option];
            add(select, "option", { value: key }, text);
        }
        if (value !== undefined) select.value = value;
        select.onchange = () => changed(select.value);
        return select;
    }

    function toggle(parent, { label, value = false }, changed = () => {}) {
        const [input] = labelled(parent, label, "input", { type: "checkbox", checked: value });
        input.onchange = () => changed(input.checked);
        return input;
    }

    const button = (parent, label, clicked) => add(parent, "button", { type: "button", onclick: clicked }, label);

    /* Return a button that moves a slider to its end, a step every `pause` milliseconds; at the end it starts again. */
    function player(parent, steps, changed, pause = 350) {
        let timer = 0;
        const stop = () => {
            clearInterval(timer);
            timer = 0;
            control.textContent = "▶ play";
        };
        const step = () => {
            if (steps.value >= steps.max) return stop();
            steps.value += 1;
            return changed(steps.value);
        };
        const control = button(parent, "▶ play", () => {
            if (timer) return stop();
            if (steps.value >= steps.max) steps.value = Number(steps.input.min) - 1;
            control.textContent = "❚❚ pause";
            timer = setInterval(step, pause);
            return step();
        });
        return { stop };
    }

    // --- Pictures ---

    /* Draw rows of numbers as a grid in `target`; null is a blank cell.
       scale: "grey" or "signed"; low, high: its ends, or those of the values; cell: pixels; numbers: false for none;
       frame: pixels of padding around, drawn dashed; marks: [{ row, column, height, width, kind }], kind "window"
       or "read"; unread: rows and columns at the end to shade; room: cells of space for a mark that is larger than the
       grid; label: what a screen reader says. */
    function grid(target, rows, { scale = "grey", low, high, cell = 34, digits = 2, numbers = true, frame = 0, marks = [], unread = 0, room = 0, label = "" } = {}) {
        const values = rows.flat().filter((value) => value !== null);
        const least = low ?? Math.min(0, ...values);
        const most = high ?? Math.max(0, ...values);
        const largest = 2.1 * Math.max(Math.abs(least), Math.abs(most)); // pale, so that numbers stay readable
        const shade = (value) => scale === "signed" ? signed(value, largest) : grey(value, least - 2.5 * (most - least), most);
        const height = rows.length;
        const width = rows[0].length;
        const lengths = values.map((value) => format(value, digits).length);
        const size = Math.min(0.42 * cell, 1.4 * cell / Math.max(1, ...lengths));
        const parts = [];
        rows.forEach((row, r) => row.forEach((value, c) => {
            const outside = r < frame || c < frame || r >= height - frame || c >= width - frame;
            const fill = value === null ? "none" : colour(shade(value));
            parts.push(`<rect class="${outside ? "pad" : "cell"}" x="${c * cell}" y="${r * cell}" width="${cell}" height="${cell}" fill="${fill}"/>`);
            if (numbers && value !== null) {
                const text = format(value, digits);
                parts.push(`<text x="${(c + 0.5) * cell}" y="${(r + 0.5) * cell + 0.35 * size}" font-size="${size}">${text}</text>`);
            }
        }));
        if (unread) {
            const [right, bottom] = [width * cell, height * cell];
            const [left, top] = [right - unread * cell, bottom - unread * cell];
            parts.push(`<path class="unread" d="M${left} 0H${right}V${bottom}H0V${top}H${left}Z"/>`);
        }
        for (const { row, column, height: rowsIn = 1, width: columnsIn = 1, kind = "window" } of marks) {
            const place = `x="${column * cell}" y="${row * cell}" width="${columnsIn * cell}" height="${rowsIn * cell}"`;
            parts.push(`<rect class="halo" ${place}/><rect class="mark ${kind}" ${place}/>`);
        }
        const [wide, tall] = [Math.max(width, room) * cell + 6, Math.max(height, room) * cell + 6];
        target.innerHTML = `<svg class="grid" role="img" aria-label="${escape(label)}" viewBox="-3 -3 ${wide} ${tall}" width="${wide}" data-cell="${cell}">${parts.join("")}</svg>`;
        return target.firstChild;
    }

    /* Return [row, column] of the cell of a grid under the pointer. */
    function cellAt(svg, event) {
        const box = svg.getBoundingClientRect();
        const scale = svg.viewBox.baseVal.width / box.width;
        const cell = Number(svg.dataset.cell);
        return [event.clientY - box.top, event.clientX - box.left].map((from) => Math.floor((from * scale - 3) / cell));
    }

    /* Paint values, row by row, on a canvas, one pixel each; CSS sets its size on the page. Three channels are RGB. */
    function image(canvas, { height, width, channels = 1, values }, { scale = "grey", low = 0, high = 255 } = {}) {
        canvas.height = height;
        canvas.width = width;
        const context = canvas.getContext("2d");
        const pixels = context.createImageData(width, height);
        const largest = Math.max(Math.abs(low), Math.abs(high));
        const table = Array.from({ length: 511 }, (_, i) => signed(i - 255, 255)); // a look-up is quicker
        for (let i = 0; i < height * width; i++) {
            const value = values[channels * i];
            const place = Math.max(0, Math.min(510, Math.round(255 + 255 * value / largest)));
            let rgb = scale === "signed" ? table[place] : grey(value, low, high);
            if (channels === 3) rgb = [0, 1, 2].map((channel) => grey(values[3 * i + channel], low, high)[0]);
            pixels.data.set([rgb[0], rgb[1], rgb[2], 255], 4 * i);
        }
        context.putImageData(pixels, 0, 0);
    }

    /* Draw bars with name and number: rows of { label, value, text }. The longest, or `most`, is the whole width. */
    function bars(target, rows, { most = Math.max(...rows.map((row) => row.value)) } = {}) {
        target.innerHTML = rows.map(({ label, value, text = format(value), best = false }) =>
            `<div class="bar"><span>${escape(label)}</span><i><b class="${best ? "best" : ""}" style="width:${most > 0 ? 100 * value / most : 0}%"></b></i><span>${escape(text)}</span></div>`
        ).join("");
    }

    const power = (exponent) =>
        exponent === 0 ? "1" : exponent === 1 ? "10" : `10${String(exponent).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻")}`;

    /* Draw one curve of positive numbers against 0, 1, 2 …, on a logarithmic scale, with a mark at `index`. */
    function curve(target, values, { index = 0, label = "", xlabel = "", ylabel = "", width = 300, height = 200 } = {}) {
        const logs = values.map((value) => Math.log10(Math.max(value, 1e-12)));
        const [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
        const x = (i) => 46 + (width - 56) * i / Math.max(1, values.length - 1);
        const y = (log) => height - 34 - (height - 54) * (log - low) / Math.max(1, high - low);
        const every = Math.ceil((high - low) / 4) || 1;
        const exponents = Array.from({ length: high - low + 1 }, (_, i) => low + i).filter((e) => (e - low) % every === 0);
        const ticks = exponents.map((e) => `<path class="line" d="M46 ${y(e)}H${width - 10}"/><text class="right" x="42" y="${y(e) + 4}">${power(e)}</text>`);
        const path = logs.map((log, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(log).toFixed(1)}`).join("");
        target.innerHTML = `<svg class="curve" role="img" aria-label="${escape(label)}" viewBox="0 0 ${width} ${height}" width="${width}">${ticks.join("")}
<path class="drawn" d="${path}"/><circle cx="${x(index)}" cy="${y(logs[index])}" r="5"/>
<text x="46" y="${height - 18}">0</text><text x="${width - 14}" y="${height - 18}">${values.length - 1}</text>
<text x="${width / 2}" y="${height - 3}">${escape(xlabel)}</text><text x="${width / 2}" y="9">${escape(ylabel)}</text></svg>`;
    }

    // --- The theme and the size: those of the surrounding page, if it can be read ---

    function background() {
        for (let node = window.frameElement?.parentElement; node; node = node.parentElement) {
            const shade = getComputedStyle(node).backgroundColor;
            const parts = shade.match(/[\d.]+/g)?.map(Number) ?? [];
            if (shade.startsWith("rgb") && (parts.length === 3 || parts[3] > 0.9)) return parts;
        }
        return null;
    }

    function isDark(behind) {
        if (behind) return textOn(behind) === "#fff";
        const outside = window.frameElement?.ownerDocument;
        if (!outside) return matchMedia("(prefers-color-scheme: dark)").matches;
        const root = outside.documentElement;
        return /\bdark\b/.test(`${root.getAttribute("theme")} ${root.dataset.theme} ${outside.body.className}`);
    }

    function applyTheme() {
        const behind = background();
        document.documentElement.dataset.theme = isDark(behind) ? "dark" : "light";
        document.documentElement.style.setProperty("--page", behind ? colour(behind.slice(0, 3)) : "");
    }

    /* Show the page in place of the static picture. Python's document calls this once, after all scripts. */
    function ready() {
        document.documentElement.classList.add("ready");
        applyTheme();
        matchMedia("(prefers-color-scheme: dark)").onchange = applyTheme;
        const frame = window.frameElement;
        if (!frame) return;
        frame.parentElement.querySelector("figure")?.remove(); // the static picture
        const later = () => {
            applyTheme();
            setTimeout(applyTheme, 300);
        };
        const { documentElement, body } = frame.ownerDocument;
        for (const node of [documentElement, body]) new MutationObserver(later).observe(node, { attributes: true });
        const fit = () => { frame.style.height = `${Math.ceil(document.body.getBoundingClientRect().height)}px`; };
        new ResizeObserver(fit).observe(document.body);
        fit();
    }

    return { ...pure, data, element, add, array, photograph, say, slider, number, choice, toggle, button, player, grid, cellAt, image, bars, curve, ready };
})();

if (typeof module !== "undefined") module.exports = draw;
