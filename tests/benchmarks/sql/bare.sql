INSERT INTO takedowns_switchorder (takedown_id, installation_id, bot_id, action, state, ordered_at)
SELECT %(takedown)s, id, bot_id, 'switched_off', 'ordered', %(now)s
  FROM plugins_installation
 WHERE version_id = %(version)s AND ended_at IS NULL;
INSERT INTO notifications_notice (
       id, kind, cause, recipient, subject, body, letter_id, items, items_total, state, channel, turn,
       queued_at, deadline_at, next_attempt_at, attempts, bounces, request_id)
SELECT gen_random_uuid(), 'bare', %(cause)s, owner.email, '', '', %(letter)s, mine.items, mine.total, 'queued', 'email',
       row_number() OVER (), %(now)s, %(now)s, %(now)s, 0, 0, ''
  FROM (SELECT bot.owner_id, count(*) AS total,
               jsonb_agg(jsonb_build_array('running', bot.name, version.number,
                                           to_char(installation.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
                         ORDER BY bot.name, installation.id) AS items
          FROM plugins_installation AS installation
          JOIN plugins_bot AS bot ON bot.id = installation.bot_id
          JOIN plugins_version AS version ON version.id = installation.version_id
         WHERE installation.version_id = %(version)s AND installation.ended_at IS NULL
         GROUP BY bot.owner_id) AS mine
  JOIN plugins_botowner AS owner ON owner.id = mine.owner_id;
