"""The database: rows, sessions, repositories, migrations. The only package that speaks SQL."""
