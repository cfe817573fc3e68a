-- A clinic's own site, rooms, people and shifts: what a new deployment needs before its first intake.
-- Copy it to deploy/secrets/clinic.sql, put your own in, and load it once (docs/operations.md).
--
-- Each person's password is kept as a hash; operations.md says how to make one. Someone without a hash cannot log in.
-- Mobiles are in E.164 form and get the pages. Every role of the chain must be filled: treating, duty and lead
-- physiotherapist, clinic manager; one person may fill several.

BEGIN;

CREATE TEMPORARY TABLE people
    (name text, initials text, email text, mobile text, hcpc text, checked date, hash text, roles text[])
    ON COMMIT DROP;
INSERT INTO people VALUES
    ('Jo Ashworth', 'JA', 'jo@clinic.example', '+447700900201', 'PH000001', '2026-11-01', NULL,
     '{lead_physiotherapist,duty_physiotherapist,treating_physiotherapist}'),
    ('Ravi Menon', 'RM', 'ravi@clinic.example', '+447700900202', 'PH000002', '2026-11-01', NULL,
     '{treating_physiotherapist}'),
    ('Kit Doyle', 'KD', 'kit@clinic.example', '+447700900203', NULL, NULL, NULL,
     '{clinic_manager,front_desk,admin,operations}');

-- When someone works where, in the site's own time. Weekday 0 is Monday.
CREATE TEMPORARY TABLE shifts (email text, room text, weekdays int[], starts time, ends time) ON COMMIT DROP;
INSERT INTO shifts VALUES
    ('jo@clinic.example', 'Room 1', '{0,1,2,3}', '08:30', '12:30'),
    ('jo@clinic.example', 'Room 1', '{0,1,2,3}', '13:15', '17:15'),
    ('ravi@clinic.example', 'Room 2', '{1,2,3,4}', '11:00', '19:00');

-- The nation (england, wales, scotland, northern_ireland) says whom safety texts tell the client to ring.
-- Opening hours: deadlines count only these minutes. No routine text between quiet_start and quiet_end.
INSERT INTO sites (id, clinic_name, name, phone, zone, nation, hours, created_at)
SELECT gen_random_uuid(), 'Our Clinic', 'High Street', '020 7946 0100', 'Europe/London', 'england', $hours${
    "zone": "Europe/London",
    "spans": [
        {"weekday": 0, "opens": "08:00", "closes": "19:00"},
        {"weekday": 1, "opens": "08:00", "closes": "19:00"},
        {"weekday": 2, "opens": "08:00", "closes": "19:00"},
        {"weekday": 3, "opens": "08:00", "closes": "19:00"},
        {"weekday": 4, "opens": "08:00", "closes": "19:00"}
    ],
    "closed_on": ["2026-12-25", "2026-12-28", "2027-01-01"],
    "quiet_start": "20:00",
    "quiet_end": "09:00"
}$hours$, now()
WHERE NOT EXISTS (SELECT FROM sites);

INSERT INTO rooms (id, site_id, name)
SELECT gen_random_uuid(), sites.id, room
FROM sites, (SELECT DISTINCT room FROM shifts) AS of_shifts
ON CONFLICT (site_id, name) DO NOTHING;

INSERT INTO staff (id, name, initials, email, mobile, hcpc_number, hcpc_checked_on, password_hash)
SELECT gen_random_uuid(), name, initials, email, mobile, hcpc, checked, hash FROM people
ON CONFLICT (email) DO UPDATE SET password_hash = coalesce(excluded.password_hash, staff.password_hash);

INSERT INTO staff_roles (staff_id, site_id, role)
SELECT staff.id, sites.id, unnest(people.roles) FROM people JOIN staff USING (email), sites
ON CONFLICT DO NOTHING;

INSERT INTO availability (id, staff_id, site_id, room_id, weekday, starts, ends)
SELECT gen_random_uuid(), staff.id, sites.id, rooms.id, weekday, starts, ends
FROM shifts
JOIN staff USING (email)
CROSS JOIN sites
JOIN rooms ON rooms.site_id = sites.id AND rooms.name = shifts.room
CROSS JOIN unnest(weekdays) AS weekday
WHERE NOT EXISTS (SELECT FROM availability AS known WHERE known.staff_id = staff.id AND known.weekday = weekday
                     AND known.starts = shifts.starts);

COMMIT;
