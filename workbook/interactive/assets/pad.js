// A pad to draw on, with a pen that a mouse, a finger or the keyboard moves.
const pad = (() => {
    const SIZE = 224; // pixels of the drawing
    const CELL = SIZE / 28; // one press of an arrow key
    const PEN = 17;
    const ARROWS = { ArrowLeft: [-CELL, 0], ArrowRight: [CELL, 0], ArrowUp: [0, -CELL], ArrowDown: [0, CELL] };

    /* Return the pen { x, y, down } after a key, null for a key that does not move it. */
    function penAfter(pen, key) {
        if (key === " " || key === "Enter") return { ...pen, down: !pen.down };
        if (!(key in ARROWS)) return null;
        const inside = (place) => Math.max(0, Math.min(SIZE, place));
        const [dx, dy] = ARROWS[key];
        return { ...pen, x: inside(pen.x + dx), y: inside(pen.y + dy) };
    }

    if (typeof document === "undefined") return { penAfter };

    /* Make a pad in `parent` that calls drawn(grey values 0-1, side) after each stroke of the pen, and cleared(). */
    function make(parent, drawn, cleared) {
        const canvas = draw.add(parent, "canvas", { className: "pad", width: SIZE, height: SIZE, tabIndex: 0 });
        canvas.setAttribute("role", "application");
        canvas.setAttribute("aria-label", "Drawing pad: the arrow keys move the pen, the space bar sets it down or lifts it, Delete clears");
        const screen = canvas.getContext("2d");
        const paper = Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE });
        const ink = paper.getContext("2d", { willReadFrequently: true });
        const start = { x: SIZE / 2, y: SIZE / 4, down: false };
        let pen = start;
        let [byKeys, waiting] = [false, false];

        function show() {
            screen.drawImage(paper, 0, 0);
            if (!byKeys || document.activeElement !== canvas) return;
            screen.beginPath();
            screen.arc(pen.x, pen.y, PEN / 2 + 2, 0, 2 * Math.PI);
            screen.lineWidth = 3;
            screen.strokeStyle = pen.down ? "#e69f00" : "#56b4e9";
            screen.stroke();
        }

        function wipe() {
            ink.fillStyle = "#000";
            ink.fillRect(0, 0, SIZE, SIZE);
            show();
        }

        function line(to) {
            Object.assign(ink, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
            ink.beginPath();
            ink.moveTo(pen.x, pen.y);
            ink.lineTo(to.x + 0.01, to.y); // a line of length 0 leaves no dot
            ink.stroke();
        }

        /* Hand the drawing over, once per frame of the screen. */
        function report() {
            if (waiting) return;
            waiting = true;
            requestAnimationFrame(() => {
                waiting = false;
                const rgba = ink.getImageData(0, 0, SIZE, SIZE).data;
                drawn(Float64Array.from({ length: SIZE * SIZE }, (_, i) => rgba[4 * i] / 255), SIZE);
            });
        }

        function move(to) {
            if (to.down) {
                line(to);
                report();
            }
            pen = to;
            show();
        }

        function clear() {
            pen = start;
            wipe();
            cleared();
        }

        const placeOf = (event) => {
            const box = canvas.getBoundingClientRect();
            return { x: (event.clientX - box.left) * SIZE / box.width, y: (event.clientY - box.top) * SIZE / box.height };
        };
        canvas.onpointerdown = (event) => {
            byKeys = false;
            canvas.setPointerCapture(event.pointerId);
            pen = placeOf(event);
            move({ ...pen, down: true });
        };
        canvas.onpointermove = (event) => { if (pen.down && !byKeys) move({ ...placeOf(event), down: true }); };
        canvas.onpointerup = canvas.onpointercancel = () => { pen = { ...pen, down: false }; };
        canvas.onkeydown = (event) => {
            if (event.key === "Delete" || event.key === "Backspace") return clear();
            const next = penAfter(pen, event.key);
            if (!next) return undefined;
            event.preventDefault();
            byKeys = true;
            if (next.down !== pen.down) draw.say(next.down ? "pen down" : "pen up");
            return move(next);
        };
        canvas.onfocus = show;
        canvas.onblur = () => {
            pen = { ...pen, down: false };
            show();
        };
        draw.button(parent, "clear", clear);
        wipe();

        return {
            /* Put a picture of 28×28 on the pad, values 0-255. */
            put(values) {
                const small = document.createElement("canvas");
                draw.image(small, { height: 28, width: 28, values });
                ink.imageSmoothingEnabled = false;
                ink.drawImage(small, 0, 0, SIZE, SIZE);
                show();
            },
        };
    }

    return { penAfter, make };
})();

if (typeof module !== "undefined") module.exports = pad;
