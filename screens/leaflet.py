"""What the browser runs to draw a map: constant texts, sent once, without any value from data."""

from __future__ import annotations

SCRIPT = r"""
window.hatangso = (function () {
  function ring(ctx, x, y, r) { ctx.arc(x, y, r, 0, Math.PI * 2, false); }
  function corners(ctx, x, y, r, n, turn, inner) {
    var count = inner ? n * 2 : n;
    for (var i = 0; i < count; i++) {
      var reach = inner && i % 2 ? r * inner : r;
      var angle = turn + (i * 2 * Math.PI) / count;
      ctx[i ? 'lineTo' : 'moveTo'](x + reach * Math.cos(angle), y + reach * Math.sin(angle));
    }
    ctx.closePath();
  }
  var shapes = {
    circle: ring,
    ring: ring,
    halo: ring,
    triangle: function (c, x, y, r) { corners(c, x, y, r * 1.25, 3, -Math.PI / 2); },
    square: function (c, x, y, r) { corners(c, x, y, r * 1.25, 4, Math.PI / 4); },
    diamond: function (c, x, y, r) { corners(c, x, y, r * 1.3, 4, 0); },
    star: function (c, x, y, r) { corners(c, x, y, r * 1.35, 5, -Math.PI / 2, 0.45); },
    cross: function (c, x, y, r) {
      c.moveTo(x - r, y); c.lineTo(x + r, y); c.moveTo(x, y - r); c.lineTo(x, y + r);
    }
  };
  L.Canvas.include({
    _updateSymbol: function (layer) {
      if (!this._drawing || layer._empty()) { return; }
      var p = layer._point;
      this._ctx.beginPath();
      shapes[layer.options.shape](this._ctx, p.x, p.y, Math.max(layer._radius, 1));
      this._fillStroke(this._ctx, layer);
    }
  });
  var Symbol = L.CircleMarker.extend({
    _updatePath: function () { this._renderer._updateSymbol(this); }
  });
  var Zoomed = L.LayerGroup.extend({
    getEvents: function () { return { zoomend: this._sort }; },
    onAdd: function (map) { L.LayerGroup.prototype.onAdd.call(this, map); this._sort(); },
    _sort: function () {
      var near = this._map.getZoom() >= this.options.minZoom;
      this.eachLayer(function (layer) { this._map[near ? 'addLayer' : 'removeLayer'](layer); }, this);
    }
  });
  function places(steps) {
    var out = [], x = 0, y = 0;
    for (var i = 0; i < steps.length; i += 2) {
      x += steps[i]; y += steps[i + 1];
      out.push([y / 1e6, x / 1e6]);
    }
    return out;
  }
  function hatch(colour) {
    var tile = document.createElement('canvas'), ctx;
    tile.width = tile.height = 8;
    ctx = tile.getContext('2d');
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.6;
    ctx.beginPath();
    ctx.moveTo(-2, 6); ctx.lineTo(6, -2); ctx.moveTo(2, 10); ctx.lineTo(10, 2);
    ctx.stroke();
    return ctx.createPattern(tile, 'repeat');
  }
  function drawShapes(d) {
    var parts = [];
    if (d.polygons.length) {
      parts.push(L.polygon(d.polygons.map(function (p) { return p.map(places); }), {
        interactive: false, color: d.colour, weight: d.weight, opacity: d.opacity, dashArray: d.dash || null,
        stroke: d.weight > 0, pane: d.below ? 'hatangso-paper' : 'overlayPane',
        fill: d.fill > 0 || d.hatch, fillOpacity: d.hatch ? d.opacity : d.fill,
        fillColor: d.hatch ? hatch(d.colour) : d.colour, fillRule: 'evenodd', smoothFactor: 0.7
      }));
    }
    if (d.lines.length) {
      parts.push(L.polyline(d.lines.map(places), {
        interactive: false, color: d.colour, weight: d.weight, opacity: d.opacity, dashArray: d.dash || null,
        fill: false, smoothFactor: 0.7
      }));
    }
    var halo = d.shape === 'halo', cross = d.shape === 'cross' || halo;
    var hollow = d.hollow || d.shape === 'ring';
    d.points.forEach(function (point) {
      parts.push(new Symbol(places(point)[0], {
        interactive: false, shape: d.shape, radius: d.radius,
        color: hollow || cross ? d.colour : '#ffffff', opacity: d.opacity,
        weight: halo ? d.weight : hollow ? 2.5 : 1.5,
        fill: !cross, fillColor: hollow ? '#ffffff' : d.colour, fillOpacity: d.opacity
      }));
    });
    return new Zoomed(parts, { minZoom: d.minZoom });
  }
  function half(label) { return 4 + label[2].replace(/&[^;]+;/g, 'x').length * 3.4; }
  var Labels = L.LayerGroup.extend({
    getEvents: function () { return { zoomend: this._sort }; },
    onAdd: function (map) {
      L.LayerGroup.prototype.onAdd.call(this, map);
      if (this.options.strong) { map.hatangsoRanks = this.options.labels; }
      this._sort();
    },
    onRemove: function (map) {
      if (this.options.strong) { map.hatangsoRanks = []; }
      L.LayerGroup.prototype.onRemove.call(this, map);
    },
    _sort: function () {
      if (this.options.strong) { return; }
      var map = this._map, taken = [], i = 0, labels = this.options.labels;
      (map.hatangsoRanks || []).forEach(function (rank) {
        taken.push([map.latLngToLayerPoint(rank.slice(0, 2)), 12, 20]);
      });
      this.eachLayer(function (layer) {
        var at = map.latLngToLayerPoint(layer.getLatLng()).add([0, 14]), wide = half(labels[i++]);
        var free = taken.every(function (other) {
          return Math.abs(other[0].x - at.x) > other[1] + wide || Math.abs(other[0].y - at.y) > other[2];
        });
        if (free) { taken.push([at, wide, 16]); }
        layer.getElement().style.display = free ? '' : 'none';
      });
    }
  });
  function drawLabels(d) {
    return new Labels(d.labels.map(function (label) {
      return L.marker([label[0], label[1]], {
        interactive: false, keyboard: false,
        icon: L.divIcon({
          className: d.strong ? 'hatangso-rank' : 'hatangso-name',
          html: '<span>' + label[2] + '</span>', iconSize: [0, 0]
        })
      });
    }), { strong: d.strong, labels: d.labels });
  }
  function drawTiles(d) {
    return L.tileLayer(d.url, {
      bounds: d.bounds, opacity: d.opacity, maxZoom: 19, maxNativeZoom: 17, minZoom: 7,
      className: 'hatangso-tile'
    });
  }
  function look(map) {
    var size = map.getSize();
    if (map.hatangsoBox && size.x > 0 && size.y > 0) {
      map.fitBounds(map.hatangsoBox, { padding: [8, 8], maxZoom: 17, animate: false });
      map.hatangsoLooked = { zoom: map.getZoom(), centre: map.getCenter() };
    }
  }
  // Whether the user took the map elsewhere: a click does not, and a frame that still grows is fitted again.
  function strayed(map) {
    var at = map.hatangsoLooked;
    if (at && !map.hatangsoMoved) {
      var off = map.project(map.getCenter()).distanceTo(map.project(at.centre));
      map.hatangsoMoved = map.getZoom() !== at.zoom || off > 2;
    }
    return map.hatangsoMoved;
  }
  var View = L.Layer.extend({
    initialize: function (box) { this.hatangsoBox = box; },
    onAdd: function (map) {
      var box = this.hatangsoBox, name = String(box);
      if (map.hatangsoSeen === name) { return; }
      map.hatangsoSeen = name;
      map.hatangsoBox = box;
      map.hatangsoMoved = false;
      look(map);
    },
    onRemove: function () {}
  });
  function drawView(d) { return new View(d.bounds); }
  var makers = { shapes: drawShapes, labels: drawLabels, tiles: drawTiles, view: drawView };
  return {
    draw: function (d) { return makers[d.kind](d); },
    start: function (map, titles) {
      var box = map.getContainer();
      document.querySelectorAll('meta[name="viewport"]').forEach(function (meta) {
        meta.content = 'width=device-width, initial-scale=1';
      });
      document.documentElement.lang = titles.language;
      box.setAttribute('role', 'main');
      box.setAttribute('aria-label', titles.name);
      map.createPane('hatangso-paper').style.zIndex = 150;
      L.control.zoom({
        position: 'topright', zoomInTitle: titles.zoomIn, zoomOutTitle: titles.zoomOut
      }).addTo(map);
      L.control.scale({ imperial: false, position: 'bottomright' }).addTo(map);
      map.on('click', function (event) {
        var side = map.containerPointToLatLng(event.containerPoint.add([14, 0]));
        event.latlng.reach_m = map.distance(event.latlng, side);
        event.latlng.zoom = map.getZoom();
      });
      new ResizeObserver(function () {
        if (!box.clientWidth || !box.clientHeight) { return; }  // hidden: the middle would be lost
        var own = strayed(map);
        map.invalidateSize();
        if (!own) { look(map); }
      }).observe(box);
    }
  };
})();
"""

SHEET = r"""
.leaflet-container { background: #f3f1ea; font-family: 'Segoe UI', 'Noto Sans', sans-serif;
  cursor: crosshair; }
.leaflet-container.leaflet-drag-target, .leaflet-dragging .leaflet-container { cursor: grabbing; }
.hatangso-tile img { image-rendering: pixelated; }
.hatangso-name span, .hatangso-rank span {
  position: absolute; transform: translate(-50%, -50%); white-space: nowrap; }
.hatangso-name span { font: 600 12px/1.2 'Segoe UI', 'Noto Sans', sans-serif; color: #3e2723;
  text-shadow: 0 0 3px #fff, 0 0 3px #fff, 0 0 3px #fff, 0 0 4px #fff; transform: translate(-50%, 6px); }
.hatangso-rank span { font: 700 12px/20px 'Segoe UI', 'Noto Sans', sans-serif; color: #fff;
  background: #9b2226;
  min-width: 20px; height: 20px; border-radius: 10px; text-align: center;
  box-shadow: 0 0 0 2px #fff; padding: 0 4px; box-sizing: border-box; }
.leaflet-container:focus-visible, .leaflet-bar a:focus-visible {
  outline: 3px solid #0b5563; outline-offset: -3px; }
.leaflet-bar a { color: #1f3a4d; }
"""
