/* The period of a wall clock's time (2020-08-24T10:05), as awards.ballot names it: by day, week, edition or minutes. */
hall.period = function (per, wall) {
  'use strict';
  var minutes = parseInt(per, 10);
  var day = new Date(wall.slice(0, 10) + 'T00:00:00Z');
  var start = wall.slice(11, 13) * 60 + +wall.slice(14);
  if (per === 'edition') { return per; }
  if (per === 'day') { return wall.slice(0, 10); }
  if (per === 'week') { /* a week belongs to the year of its Thursday */
    day.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7));
    start = Date.UTC(day.getUTCFullYear(), 0, 1);
    return day.getUTCFullYear() + '-W' + hall.two(Math.floor((day - start) / 604800000) + 1);
  }
  start -= start % minutes;
  return wall.slice(0, 11) + hall.two(Math.floor(start / 60)) + ':' + hall.two(start % 60);
};
