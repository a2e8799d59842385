INSERT INTO plugins_botowner (email, display_name, language, created_at)
SELECT 'p' || n || '-' || %(suffix)s || '@d' || n %% 60 || '.invalid', 'P',
       CASE WHEN n %% 10 = 0 THEN 'de' ELSE 'en' END, %(now)s
  FROM generate_series(1, (%(n)s + %(each)s - 1) / %(each)s) AS n;
INSERT INTO plugins_bot (id, tenant_id, owner_id, name, public_key, enrolled_at)
SELECT gen_random_uuid(), %(tenant)s, owner.first + n / %(each)s, 'bot-' || n, n || '-' || %(suffix)s, %(now)s
  FROM generate_series(0, %(n)s - 1) AS n,
       (SELECT min(id) AS first FROM plugins_botowner WHERE email LIKE 'p%%-' || %(suffix)s || '@%%') AS owner;
INSERT INTO plugins_installation (bot_id, plugin_id, version_id, started_at, reported_at)
SELECT id, %(plugin)s, %(version)s, %(now)s, %(now)s FROM plugins_bot WHERE tenant_id = %(tenant)s;
