// A pen that draws on a canvas, moved by a mouse, a finger or the keyboard. It needs no other script.
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

    /* Return ink, SIZE×SIZE values row by row, as side×side means; side divides SIZE. */
    function reduced(ink, side) {
        const step = SIZE / side;
        const means = new Float64Array(side * side);
        ink.forEach((value, i) => {
            means[Math.floor(i / SIZE / step) * side + Math.floor(i % SIZE / step)] += value / step ** 2;
        });
        return means;
    }

    if (typeof document === "undefined") return { penAfter, reduced };

    /* Make `canvas` a pad, white ink on black, or black on white for `onWhite`. What it calls: drawn() once per frame of
       the screen while ink flows; lifted() when the pen leaves the paper; cleared(); said(what a screen reader says). */
    function attach(canvas, { onWhite = false, drawn = () => {}, lifted = () => {}, cleared = () => {}, said = () => {} }) {
        Object.assign(canvas, { width: SIZE, height: SIZE, tabIndex: 0 });
        Object.assign(canvas.style, { touchAction: "none", cursor: "crosshair" });
        canvas.setAttribute("role", "application");
        const screen = canvas.getContext("2d");
        const paper = Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE });
        const ink = paper.getContext("2d", { willReadFrequently: true });
        const start = { x: SIZE / 2, y: SIZE / 4, down: false };
        let pen = start;
        let [byKeys, waiting] = [false, false];

        function show() {
            screen.drawImage(paper, 0, 0);
            if (onWhite) {
                screen.globalCompositeOperation = "difference";
                screen.fillStyle = "#fff";
                screen.fillRect(0, 0, SIZE, SIZE);
                screen.globalCompositeOperation = "source-over";
            }
            if (!byKeys || document.activeElement !== canvas) return;
            screen.beginPath();
            screen.arc(pen.x, pen.y, PEN / 2 + 2, 0, 2 * Math.PI);
            screen.lineWidth = 3;
            screen.strokeStyle = pen.down ? "#d55e00" : "#56b4e9";
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

        function report() {
            if (waiting) return;
            waiting = true;
            requestAnimationFrame(() => {
                waiting = false;
                drawn();
            });
        }

        function move(to) {
            if (to.down) {
                line(to);
                report();
            }
            const leaves = pen.down && !to.down;
            pen = to;
            show();
            if (leaves) lifted();
        }

        function clear() {
            pen = start;
            wipe();
            cleared();
        }

        const lift = () => move({ ...pen, down: false });
        const placeOf = (event) => {
            const box = canvas.getBoundingClientRect();
            return { x: (event.clientX - box.left) * SIZE / box.width, y: (event.clientY - box.top) * SIZE / box.height };
        };
        canvas.onpointerdown = (event) => {
            lift(); // a pen that the keyboard left on the paper
            byKeys = false;
            canvas.setPointerCapture(event.pointerId);
            pen = placeOf(event);
            move({ ...pen, down: true });
        };
        canvas.onpointermove = (event) => { if (pen.down && !byKeys) move({ ...placeOf(event), down: true }); };
        canvas.onpointerup = canvas.onpointercancel = lift;
        canvas.onkeydown = (event) => {
            const clears = event.key === "Delete" || event.key === "Backspace";
            const next = penAfter(pen, event.key);
            if (!next && !clears) return;
            event.preventDefault();
            event.stopPropagation(); // the notebook has shortcuts of its own
            byKeys = true;
            if (clears) {
                clear();
                return;
            }
            if (next.down !== pen.down) said(next.down ? "The pen is down." : "The pen is up.");
            move(next);
        };
        canvas.onfocus = () => {
            byKeys = canvas.matches(":focus-visible");
            show();
        };
        canvas.onblur = lift;
        wipe();

        return {
            clear,
            /* Return the ink, 0 (none) to 1, as SIZE×SIZE values row by row. */
            ink() {
                const rgba = ink.getImageData(0, 0, SIZE, SIZE).data;
                return Float64Array.from({ length: SIZE * SIZE }, (_, i) => rgba[4 * i] / 255);
            },
            /* Put a picture, a canvas of grey values, on the pad. */
            put(picture) {
                ink.imageSmoothingEnabled = false;
                ink.drawImage(picture, 0, 0, SIZE, SIZE);
                show();
            },
        };
    }

    return { SIZE, penAfter, reduced, attach };
})();

if (typeof module !== "undefined") module.exports = pad;
